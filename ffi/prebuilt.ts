// The prebuilt libraries that this version offers: written by `deno task build:native`. Nothing else is trusted.
import type { Offer } from "./download.ts";

/** What is offered. */
export const prebuilt: Offer = {
  "from": "prebuilt/",
  "libraries": [
    {
      "platform": "linux-x86_64",
      "level": "x86-64-v3",
      "build": "bb585dddcf8b104ea477-82c9a95a0151",
      "file": "linux-x86_64-x86-64-v3.so.br",
      "size": 937424,
      "sha256": "f6fec3daa2b960f403cbb374716cd9b820de7dc4b0314660850d95edb3b3ee27",
    },
  ],
};
