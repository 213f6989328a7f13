// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v2",
      "build": "d5f6660db4b9662a53db-23e7cc91f5f1",
      "file": "linux-x86_64-x86-64-v2.so.br",
      "size": 986112,
      "sha256": "b8638ea14dbb1d73fa872ec195591ad65613894b8ae89b876b0b08abe0a8e5b3",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "980b441801058b9deb9b-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 1037648,
      "sha256": "509122b7b73516e8ea2b8dc9455f4f4dff8a419cec36a352e868f90912607094",
    },
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v4",
      "build": "6830c6b55e86c233638c-84d24351b8f4",
      "file": "linux-x86_64-x86-64-v4.so.br",
      "size": 1043184,
      "sha256": "23dc6a7bc86fa9407043688ef54b3221fa2c98d76feb6a5af930d3faa46d14b7",
    },
    {
      "platform": "linux-aarch64",
      "level": "native-neon",
      "build": "56dde14dc69271d7d93f-c7a28b6b5aa3",
      "file": "linux-aarch64-native-neon.so.br",
      "size": 871600,
      "sha256": "ebd0bbb869f496111c6a87aad619294725c12a0b8c0a9b0be5f9f0a38ccda62d",
    },
    {
      "platform": "darwin-aarch64",
      "level": "native-neon",
      "build": "56dde14dc69271d7d93f-eb0d7d37cded",
      "file": "darwin-aarch64-native-neon.dylib.br",
      "size": 1071728,
      "sha256": "f59cdef2c34bd7cc12f986cdea3a39db6e750c83be47077aa19f179c03efe9bb",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v2",
      "build": "d5f6660db4b9662a53db-8ae0f0856659",
      "file": "darwin-x86_64-x86-64-v2.dylib.br",
      "size": 1069861,
      "sha256": "85235df9c6673fa6a6f16e4732418be0109bed9b0481b35dd2af70816b66d58e",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v3",
      "build": "980b441801058b9deb9b-b1d6a9a86373",
      "file": "darwin-x86_64-x86-64-v3.dylib.br",
      "size": 1122468,
      "sha256": "b74b9823cf1ab4eeb1e29a23ee4bdd8c1979c8a8e3869c1c899d9ba6d0455408",
    },
    {
      "platform": "darwin-x86_64",
      "level": "x86-64-v4",
      "build": "6830c6b55e86c233638c-366300a73648",
      "file": "darwin-x86_64-x86-64-v4.dylib.br",
      "size": 1120130,
      "sha256": "a258a1fbc9a05500e00fa0c27e86bfa57f7a46511f11905b2e23c094d0f6d450",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v2",
      "build": "d5f6660db4b9662a53db-5949787daadf",
      "file": "windows-x86_64-x86-64-v2.dll.br",
      "size": 1006080,
      "sha256": "28a8a602e6e3f53af65917b39434e670d6902f90bb4ced67b6d30bae6239c4e0",
    },
    {
      "platform": "windows-x86_64",
      "level": "x86-64-v3",
      "build": "980b441801058b9deb9b-f30e8510e460",
      "file": "windows-x86_64-x86-64-v3.dll.br",
      "size": 1046528,
      "sha256": "5fafa6acedb737f36ec04ffffbe1a0db16d35deb612bb415336e09d7e84a09fd",
    },
  ],
};
