// The models of keras.applications, as mod.ts exports them under `applications`. https://keras.io/api/applications/
export { ConvNeXtBase, ConvNeXtLarge, ConvNeXtSmall, ConvNeXtTiny, ConvNeXtXLarge } from "./convnext.ts";
export { DenseNet121, DenseNet169, DenseNet201 } from "./densenet.ts";
export {
  EfficientNetB0,
  EfficientNetB1,
  EfficientNetB2,
  EfficientNetB3,
  EfficientNetB4,
  EfficientNetB5,
  EfficientNetB6,
  EfficientNetB7,
} from "./efficientnet.ts";
export {
  EfficientNetV2B0,
  EfficientNetV2B1,
  EfficientNetV2B2,
  EfficientNetV2B3,
  EfficientNetV2L,
  EfficientNetV2M,
  EfficientNetV2S,
} from "./efficientnet_v2.ts";
export { InceptionResNetV2 } from "./inception_resnet_v2.ts";
export { InceptionV3 } from "./inception_v3.ts";
export { MobileNet } from "./mobilenet.ts";
export { MobileNetV2 } from "./mobilenet_v2.ts";
export { MobileNetV3Large, MobileNetV3Small } from "./mobilenet_v3.ts";
export { NASNetLarge, NASNetMobile } from "./nasnet.ts";
export { ResNet101, ResNet152, ResNet50 } from "./resnet.ts";
export { ResNet101V2, ResNet152V2, ResNet50V2 } from "./resnet_v2.ts";
export { VGG16 } from "./vgg16.ts";
export { VGG19 } from "./vgg19.ts";
export { Xception } from "./xception.ts";

/** ConvNeXt, with what prepares its images and names its classes. */
export * as convnext from "./convnext.ts";
/** DenseNet, with what prepares its images and names its classes. */
export * as densenet from "./densenet.ts";
/** EfficientNet, with what prepares its images and names its classes. */
export * as efficientnet from "./efficientnet.ts";
/** EfficientNetV2, with what prepares its images and names its classes. */
export * as efficientnet_v2 from "./efficientnet_v2.ts";
/** Images and predictions of any network for ImageNet. */
export * as imagenet_utils from "./imagenet_utils.ts";
/** InceptionResNetV2, with what prepares its images and names its classes. */
export * as inception_resnet_v2 from "./inception_resnet_v2.ts";
/** InceptionV3, with what prepares its images and names its classes. */
export * as inception_v3 from "./inception_v3.ts";
/** MobileNet, with what prepares its images and names its classes. */
export * as mobilenet from "./mobilenet.ts";
/** MobileNetV2, with what prepares its images and names its classes. */
export * as mobilenet_v2 from "./mobilenet_v2.ts";
/** MobileNetV3, with what prepares its images and names its classes. */
export * as mobilenet_v3 from "./mobilenet_v3.ts";
/** NASNet, with what prepares its images and names its classes. */
export * as nasnet from "./nasnet.ts";
/** ResNet, with what prepares its images and names its classes. */
export * as resnet from "./resnet.ts";
/** ResNet50, with what prepares its images and names its classes. */
export * as resnet50 from "./resnet50.ts";
/** ResNetV2, with what prepares its images and names its classes. */
export * as resnet_v2 from "./resnet_v2.ts";
/** VGG16, with what prepares its images and names its classes. */
export * as vgg16 from "./vgg16.ts";
/** VGG19, with what prepares its images and names its classes. */
export * as vgg19 from "./vgg19.ts";
/** Xception, with what prepares its images and names its classes. */
export * as xception from "./xception.ts";

export type {
  ApplicationModel,
  ApplicationOptions,
  MobileNetOptions,
  MobileNetV2Options,
  MobileNetV3Options,
  PreprocessingApplicationOptions,
} from "./options.ts";
export type { DecodedPrediction, DecodeOptions } from "./predictions.ts";
export type {
  ImagenetPreprocessingOptions,
  PreprocessingMode,
  PreprocessingOptions,
  PreprocessInput,
} from "./preprocessing.ts";
