// Philox 4x32-10, the counter-based generator of Salmon et al. (2011): four random words for a key and a counter.
//
// needs: nothing

// The upper 32 bits of a 64-bit product, by halves: WGSL has no wide multiplication.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let carry = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

fn philox(seed: vec2<u32>, start: vec4<u32>) -> vec4<u32> {
  var key = seed;
  var c = start;
  for (var round = 0u; round < 10u; round++) {
    let high_0 = multiply_high(0xd2511f53u, c.x);
    let low_0 = 0xd2511f53u * c.x;
    let high_1 = multiply_high(0xcd9e8d57u, c.z);
    let low_1 = 0xcd9e8d57u * c.z;
    c = vec4(high_1 ^ c.y ^ key.x, low_1, high_0 ^ c.w ^ key.y, low_0);
    key += vec2(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
