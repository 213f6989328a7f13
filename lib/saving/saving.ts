// The public `saving` namespace.
export { deserializeObject as deserializeKerasObject } from "./deserialize.ts";
export {
  customObjectScope,
  getCustomObjects,
  getRegisteredName,
  registerKerasSerializable,
  type SerializableClass,
} from "./registry.ts";
