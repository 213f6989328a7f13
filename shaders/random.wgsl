// Philox 4x32-10 random bits (Salmon et al., 2011): four elements per thread, key (seed, path), counter (element / 4,
// step, 0, 0); `counter` holds [seed, step]. No workgroup memory.
//
// needs: load_counter u32, store_y u32, params { size, path }

fn random_bits_at(quad: u32) {
  let i = quad * 4u;
  let words = philox(vec2(load_counter(0u), params.path), vec4(quad, load_counter(1u), 0u, 0u));
  store_y(i, words.x);
  if (i + 1u < params.size) {
    store_y(i + 1u, words.y);
  }
  if (i + 2u < params.size) {
    store_y(i + 2u, words.z);
  }
  if (i + 3u < params.size) {
    store_y(i + 3u, words.w);
  }
}
