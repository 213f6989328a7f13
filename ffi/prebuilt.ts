// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "917e2ba25aa501d05bb8-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 987504,
      "sha256": "b016575dcf48a94bee22eb5455bc65ccee023d25c74ad2291b762a58fc707eb3",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "b2dde495a00385c4ad9d-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1042752,
      "sha256": "032d973bed6cbfccfc00ef6e8b67fd3f5ac290a1bbf9b0387095613b2b11b954",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "679735c5070a370ef7d3-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1040640,
      "sha256": "92b545ad74cdc7d3d1b964f8e53d4ad8f2978766ce1170ee7777e8174fe2f26b",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "29f6706237431fea9b99-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 869368,
      "sha256": "fca319baf94ce72023f82d69cdd360bbae4fc34ab5baca54873ee679e3581a4d",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "29f6706237431fea9b99-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071904,
      "sha256": "f0e79add27d282f67646475336d649f501b1934bf7cdc9a1d96f13c98166cd20",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "917e2ba25aa501d05bb8-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1070018,
      "sha256": "1ff7baf495726406c82298e9abe3ac899f644a5b3d24df6d028598dea44a2c1d",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "b2dde495a00385c4ad9d-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1126790,
      "sha256": "65a758664e5d2a5c41e39b1af00be9294d80ce2f668ad36b39ed747ef74bb364",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "679735c5070a370ef7d3-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1116260,
      "sha256": "1312eaf404d60de1c5f5a62c64b72f70de2c646f452ca00e46d02aed716d8356",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "917e2ba25aa501d05bb8-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1006592,
      "sha256": "0bb4541257cdae0ca6e08503607d161c6ab332956d4abe238ed022da28c2d358",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "b2dde495a00385c4ad9d-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1051648,
      "sha256": "1b11c301c8b657a96da2fe6b088cf86b3c22365e6fff4607c0dd7545103936c3",
    },
  ],
};
