// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "6d9776f1f271373c274b-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 986064,
      "sha256": "f1a692c596596b46922367c88e8c4e5df1201e11b66bdf5df3b69d3bac92ae3f",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "d0eff08a1a25efaedfb3-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1037552,
      "sha256": "8cb41529148f4403f9c705bfb94287901135f7c12bdf2dc2775185d8bedb2e18",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "b63b22eabb80b7205b0c-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1035552,
      "sha256": "560cd77520b8509dccf9a92378cfe7be43a229f110056812241acda47245b17e",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "0932ea85efa7aa9dd5ed-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 868296,
      "sha256": "aedf791980a366158373e81024555c59a390021d2d3ea56f0d4e21abd040cbca",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "0932ea85efa7aa9dd5ed-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071888,
      "sha256": "b17db08ba824543da0f7acb4ba4afd93d310af9bbb701253d2eb55aeac43bcc9",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "6d9776f1f271373c274b-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1069996,
      "sha256": "0df36d9a91b4f86f4b1bc6b946decc23ed2c88dd79d057fdb5bce6a8c766f865",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "d0eff08a1a25efaedfb3-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1122672,
      "sha256": "2a4b787c12416de887c6ef3095030c4293f048cf185c5da661c94b8a98a3b468",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "b63b22eabb80b7205b0c-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1112142,
      "sha256": "898d50ae04c3e7de5005656821accc8d38141852d14c46fd5b54a4e908888e13",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "6d9776f1f271373c274b-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1004544,
      "sha256": "652b97d11816bc60a34d592e23282265cdfcba4fa86f7127dae6b0189c3c1517",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "d0eff08a1a25efaedfb3-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1046016,
      "sha256": "2624f8f7d3b49002f2d28800b248c5b1aefceb6c78fc4a91dc6cdbdf167cd22f",
    },
  ],
};
