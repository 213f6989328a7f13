// Philox 4x32-10 random bits (Salmon et al., 2011): four elements per thread, key (seed, path), counter (element / 4,
// step, 0, 0), for the elements from `first` on; `counter` holds [seed, step]. No workgroup memory.
//
// needs: load_counter u32, store_y u32, params { size, path, first }

fn random_bits_at(quad: u32) {
  let block = params.first / 4u + quad;
  let words = philox(vec2(load_counter(0u), params.path), vec4(block, load_counter(1u), 0u, 0u));
  store_random_word(block * 4u, words.x);
  store_random_word(block * 4u + 1u, words.y);
  store_random_word(block * 4u + 2u, words.z);
  store_random_word(block * 4u + 3u, words.w);
}

fn store_random_word(element: u32, word: u32) {
  // Below `first` this wraps around to a large number.
  let i = element - params.first;
  if (i < params.size) {
    store_y(i, word);
  }
}
