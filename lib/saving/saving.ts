// The public `saving` namespace.
export { deserializeKerasObject } from "./deserialize.ts";
export { serializeObject as serializeKerasObject } from "./serialize.ts";
export {
  type CustomObject,
  customObjectScope,
  getCustomObjects,
  getRegisteredName,
  registerKerasSerializable,
  type SerializableClass,
  type SerializableFunction,
} from "../registry.ts";
