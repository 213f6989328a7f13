// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "72ac9f67d7ae08ecaf86-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 987488,
      "sha256": "2ac54d20274d8b10c05a10b74f676279e2f2258203a2d9e7aa9665132f83cd0a",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "78a6b00c5f19975469a4-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1042688,
      "sha256": "e19145fbab899a0668743eee1f4431bb32bb0e6d8da2bb05b9e8107c65bdacf8",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "db8c3a448401b9712789-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1040624,
      "sha256": "893c0b35ab54e3260128e817498b685e24f81e74bea5fd6c006ef5c40c71375f",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "7adb3d9d323158398640-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 869336,
      "sha256": "a9c850d35c06358b8c6cb31a46459c5014a95cc5e29b4fc83ca61ecd04e7658f",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "7adb3d9d323158398640-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071904,
      "sha256": "0d87fb6ca2ea4423b6a67f0e47a8aeeb51536063377042599dd5ffbed101e931",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "72ac9f67d7ae08ecaf86-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1070018,
      "sha256": "dc36f12813363f0b1d1915bef4dfa0a82b80c61c63638e16a87f0d9b0adea8ba",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "78a6b00c5f19975469a4-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1126790,
      "sha256": "70a45319d946530d2b4a820b83f5bcf7c40f0d8052ac19fc355ca7476dcdef54",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "db8c3a448401b9712789-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1116260,
      "sha256": "f7c60465783de699580ba57fcdfbf571f63932ea7d048c9c84f4bfbaa7584a79",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "72ac9f67d7ae08ecaf86-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1006080,
      "sha256": "23d00046316835f4cd748361e7e4c034a70e5bb10b9dd86357b7a2201f2b1a5f",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "78a6b00c5f19975469a4-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1051136,
      "sha256": "561aa49999e47b7d5f5d7fe40464f77022849f79e7bf6b8ee677289a473f8c56",
    },
  ],
};
