// The namespace `distribution`: training on several processes and machines. https://keras.io/api/distribution/
export {
  DataParallel,
  distribution,
  getDeviceCount,
  initialize,
  listDevices,
  set,
  setDistribution,
} from "./data_parallel.ts";
