// Packs elements that are a word each into the bytes of words, four a thread: the layout of uint8 and bool variables.
// Past the last element the bytes are 0; no workgroup memory.

fn byte_at(i: u32) -> u32 {
  if (i < params.size) {
    return load_x(i) & 255u;
  }
  return 0u;
}

@compute @workgroup_size(64)
fn pack(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let word = id.x + id.y * groups.x * 64u;
  let i = word * 4u;
  if (i < params.size) {
    store_y(word, byte_at(i) | (byte_at(i + 1u) << 8u) | (byte_at(i + 2u) << 16u) | (byte_at(i + 3u) << 24u));
  }
}
