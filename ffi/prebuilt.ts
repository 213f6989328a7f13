// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "e4ddf7bb060fe936f47a-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 976416,
      "sha256": "3ba9c18268256a99fb7a4a09aeab88783792b33189c98d9a9b2973b54c2c8968",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "e5477dbec447a0c6c738-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1034688,
      "sha256": "70619fe5b807b7e6c7424f58a2e3d221b430474c2551e76183ddf47f4ff4f19e",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "c387eccc898cb47106be-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1043440,
      "sha256": "61bd69a32120dc3533f15e954c50c88f8345f156ecb7e298450021af83eeea30",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "7e424df46727d9bf8d73-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 864416,
      "sha256": "9baabf14d4abecf4ca8eda8e3498d398cc938b48f341086d36dc201f7f0de297",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "7e424df46727d9bf8d73-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1068800,
      "sha256": "cbbb886b0bac04d1a0cfd6c144a1427d6a6fd90cb1100f9749afb782af318f14",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "e4ddf7bb060fe936f47a-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1058924,
      "sha256": "0240cfd07c777e5ebe99dbc6a85bf6f0e17021d28128a851dc8a927076d5f75b",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "e5477dbec447a0c6c738-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1116998,
      "sha256": "e992b01c55326a80c6252c617fb9311a1e4a1983336aed43257161e19bb16f15",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "c387eccc898cb47106be-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1118657,
      "sha256": "742e9d24fcda2757125eaba2f2032be65644228b75c973a82be8fd1c2a3f2eb8",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "e4ddf7bb060fe936f47a-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 993280,
      "sha256": "1ca09870e33d232894f31a9b11eea065cad8ad8bba2817761d4dd4cc50c50346",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "e5477dbec447a0c6c738-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1043968,
      "sha256": "62ba05c9029f187a37d661b6b4763468e270e29be787a41c6467673dee1b6f85",
    },
  ],
};
