// Packs one-word elements into the bytes of words, four elements per thread: the layout of uint8 and bool variables.
// Past the last element the bytes are 0; no workgroup memory.
//
// needs: load_x u32, store_y u32, params { size }

fn byte_at(i: u32) -> u32 {
  if (i < params.size) {
    return load_x(i) & 255u;
  }
  return 0u;
}

fn pack_at(word: u32) {
  let i = word * 4u;
  store_y(word, byte_at(i) | (byte_at(i + 1u) << 8u) | (byte_at(i + 2u) << 16u) | (byte_at(i + 3u) << 24u));
}
