// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "50676aeeb24942564ec1-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 986112,
      "sha256": "6d0ad66b15a6cedf7fdc00ab595ba9b3475f9e08f477f0e1f4c3eaf3bc7ba7d8",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "306c9f8ccb4f754b1ed9-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1037648,
      "sha256": "7734f71987ffda912efa1632f5b2122255f8c750df149c3072640cf8df9cc985",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "cb1b2ff1a1f39620d076-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1043184,
      "sha256": "6cd50325bd4a27c5c904b01e3f17255dc4fb871e0d7635d16b4b7c6735e86d5e",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "b5a6b6812b9d1dd438df-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 871600,
      "sha256": "ac3a3dec50de2b62f0633d4b7fa07bece2dabda3eff918e675e7432c22d19b45",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "b5a6b6812b9d1dd438df-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071728,
      "sha256": "9377a4577500cad574a983a8a53d1b73330aa8961ee1da45243b2f3aba6af5b0",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "50676aeeb24942564ec1-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1069861,
      "sha256": "221a666d409d8f1e4b267b1e91aad5c08df8d6381a8a809636f240cb29bb3ac8",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "306c9f8ccb4f754b1ed9-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1122468,
      "sha256": "21cac78b871ca62176c4f12692f36a86c65348c966d7042f8218f58861c47655",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "cb1b2ff1a1f39620d076-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1120130,
      "sha256": "743fcdec79076ca742e284b36b6eec67ab5330dca2ea1376c03ad61f30d2bc39",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "50676aeeb24942564ec1-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1006080,
      "sha256": "a9e7cbcc7223154f8442767e524b90e7dd4485dace955179e02c2c0abc3b6f9e",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "306c9f8ccb4f754b1ed9-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1046528,
      "sha256": "b89975179028071b596bcbd341b80bfbedd60a18aa19c7d6e5f3584b8044243f",
    },
  ],
};
