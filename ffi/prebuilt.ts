// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "fc65f180e5c55d85776a-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 984968,
      "sha256": "62d9665e87cddd18f540a2a579585603e949b238dc678268ec3939fc390ea7c1",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "04a262cc2397fde0e91a-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1036456,
      "sha256": "1e65b31f2d9b2dc125fd16f76889471a6c1c54c1f147fbfe467b695123fb0430",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "a127e9996738d165f2b0-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1041848,
      "sha256": "468315e9755e41e1a5bb10c8702b733513c65318e8b54e78a3d929f71894a93a",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "bf0f339eaca8f38749ca-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 870136,
      "sha256": "1865aa5ae7170b4b623f3ff2c74d4c340ee6113972409ed394935fd7bcba3ea8",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "bf0f339eaca8f38749ca-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071328,
      "sha256": "b60ade5a13a2fd6c5583c63b2e3debc5e2a8ba33b93d7ab2af1560fc3a459680",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "fc65f180e5c55d85776a-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1069468,
      "sha256": "95c7bf41efbfdfaaf04600d306eda16332686f550d354255513aaef3745212d4",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "04a262cc2397fde0e91a-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1117939,
      "sha256": "3e635885dd904b6d94dc7b66f23e656239b281f43d9d15c5a98389aa17726054",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "a127e9996738d165f2b0-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1119697,
      "sha256": "9aba9ab1b57df41a968bf395322aeee5d1452f55190036c91d5939c565ed6b37",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "fc65f180e5c55d85776a-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1004544,
      "sha256": "7d3b3e29b02c345c3935670dca7fbbecb86a65877fac1ae167eaccdd91df46c4",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "04a262cc2397fde0e91a-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1044480,
      "sha256": "aee9eab6aa8c018d5049c0af756bc1bf14d92ed0681ac254b08296ed01534712",
    },
  ],
};
