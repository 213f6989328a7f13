// A fused elementwise program, one element per thread; no workgroup memory.
//
// The generated apply_at(i) loads element i of each operand as it broadcasts, calls functions of elementwise.wgsl, and
// stores element i of each output.
//
// needs: fn apply_at(u32)

fn fused_at(i: u32) {
  apply_at(i);
}
