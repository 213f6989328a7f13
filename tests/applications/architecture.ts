// The architectures by the names of their functions, and the models that they give for options as Python has them.
import { clearSession } from "../../lib/exec/select.ts";
import { withContext } from "../../lib/ir/context.ts";
import { weightsWillBeRead } from "../../lib/layers/context.ts";
import { Input } from "../../lib/layers/input.ts";
import type { Architecture } from "../../lib/applications/application.ts";
import * as convnext from "../../lib/applications/architectures/convnext.ts";
import * as densenet from "../../lib/applications/architectures/densenet.ts";
import * as efficientnet from "../../lib/applications/architectures/efficientnet.ts";
import * as efficientnetV2 from "../../lib/applications/architectures/efficientnet_v2.ts";
import * as inception from "../../lib/applications/architectures/inception.ts";
import * as mobilenet from "../../lib/applications/architectures/mobilenet.ts";
import * as mobilenetV2 from "../../lib/applications/architectures/mobilenet_v2.ts";
import * as mobilenetV3 from "../../lib/applications/architectures/mobilenet_v3.ts";
import * as nasnet from "../../lib/applications/architectures/nasnet.ts";
import * as resnet from "../../lib/applications/architectures/resnet.ts";
import * as vgg from "../../lib/applications/architectures/vgg.ts";
import * as xception from "../../lib/applications/architectures/xception.ts";
import type { ApplicationModel, ApplicationOptions } from "../../lib/applications/options.ts";
import type { PublishedFile } from "../../lib/datasets/published.ts";
import { camelCased, type Table } from "../golden.ts";

/** The architectures by the names of their functions. */
export const architectures: Table = {
  ...convnext,
  ...densenet,
  ...efficientnet,
  ...efficientnetV2,
  ...inception,
  ...mobilenet,
  ...mobilenetV2,
  ...mobilenetV3,
  ...nasnet,
  ...resnet,
  ...vgg,
  ...xception,
};

/** The model of a function for options of Python's, and the file of its weights if they are those of ImageNet. */
export function modelOf(name: string, options: Table): { model: ApplicationModel; file: PublishedFile | undefined } {
  clearSession();
  const { input_tensor: shape, ...others } = options;
  const given: ApplicationOptions = { ...camelCased(others), ...(shape && { inputTensor: Input({ shape }) }) };
  const architecture: Architecture = architectures[name];
  const kept = architecture.read(given);
  const shapeOfImage = architecture.parts.shape(kept, name);
  // Neither are weights drawn.
  const model = withContext([weightsWillBeRead.of(true)], () => architecture.build(kept, shapeOfImage));
  const file = kept.weights === "imagenet" ? architecture.parts.published(kept, shapeOfImage, name) : undefined;
  return { model, file };
}
