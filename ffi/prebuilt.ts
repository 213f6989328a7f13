// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "a8762b13a72c24d5b351-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 984952,
      "sha256": "18e3d9f46b42eba4a48e58a72af67d12c8f658e73368206db0d7f2a953419654",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "42155f30651fc641cfe2-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1036472,
      "sha256": "21493673940faf4388db791acd85eb875b567f5ca24c9718bf40cbac2420d097",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "be5269883a7ee0c29ab6-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1041880,
      "sha256": "5fc369419f7ccb511db7cde5ed78e5e8dee2566be533756ee9e692f0f9ee9a18",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "6694d6b85f21dac802a1-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 870200,
      "sha256": "5b4815470f0b5651e42d37b99825010a5e37353c7c7707ab088c7204f082f5da",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "6694d6b85f21dac802a1-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071328,
      "sha256": "874ffbb3251f9280671cda855a392f442b45b7c161e07f2a642dc6b9458bc78c",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "a8762b13a72c24d5b351-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1069468,
      "sha256": "fdd1dd60ffe70fc7e7618067dbd66d2e4cb698af9d9e5694dcd3a72c734b99fc",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "42155f30651fc641cfe2-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1117939,
      "sha256": "b5e06a8a463e65d88ec72be96b4ee7d671a43a20c6c2715110ddd93f909f5860",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "be5269883a7ee0c29ab6-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1119697,
      "sha256": "c367e750dd9f62f37ab8aef88cc10787f7548f982b5df0ae3dd2d2aa5e56ce77",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "a8762b13a72c24d5b351-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1004544,
      "sha256": "9d94a34d3876a1a65b467b106366c4aaae8ae7e9002bc2c6f0dfe6729dcdde03",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "42155f30651fc641cfe2-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1044480,
      "sha256": "c81314ca6f47412587ed1697b55b80a887d7045537a134f995631dc38714e1f3",
    },
  ],
};
