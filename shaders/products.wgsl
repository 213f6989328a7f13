// Blocks of the factors of a product y = A B, A [batch, m, k], B [batch, k, n]: functions for products.
//
// The generated a_at(batch, row, k) and b_at(batch, k, col) are elements; a_quad and b_quad are that element and the
// next three along the axis in which the factor is contiguous: k if A_ALONG_K or B_ALONG_K, else rows of A or columns
// of B. Values read outside of a factor are undefined (WebGPU bounds the reads).
//
// needs: fn a_at(u32, u32, u32) -> f32, fn a_quad(u32, u32, u32) -> vec4<f32>, const A_ALONG_K,
//   fn b_at(u32, u32, u32) -> f32, fn b_quad(u32, u32, u32) -> vec4<f32>, const B_ALONG_K,
//   params { m, n, k, batch, splits, k_split }

// A part of the product: split s of a batch sums over k starting at s * k_split.
struct Slice {
  batch: u32,
  // The start of its matrix [m, n] in the partial sums [splits, batch, m, n].
  y: u32,
  k_from: u32,
  k_to: u32,
}

fn slice_at(index: u32) -> Slice {
  let batch = index / params.splits;
  let split = index % params.splits;
  let y = (split * params.batch + batch) * params.m * params.n;
  let k_from = split * params.k_split;
  return Slice(batch, y, k_from, min(params.k, k_from + params.k_split));
}

// Rows row .. row + 3 of A at one k.
fn a_rows(batch: u32, row: u32, k: u32) -> vec4<f32> {
  if (A_ALONG_K) {
    return vec4(a_at(batch, row, k), a_at(batch, row + 1u, k), a_at(batch, row + 2u, k), a_at(batch, row + 3u, k));
  }
  return a_quad(batch, row, k);
}

// The same at k .. k + 3, one column each.
fn a_block(batch: u32, row: u32, k: u32) -> mat4x4<f32> {
  if (A_ALONG_K) {
    return transpose(mat4x4<f32>(
      a_quad(batch, row, k),
      a_quad(batch, row + 1u, k),
      a_quad(batch, row + 2u, k),
      a_quad(batch, row + 3u, k),
    ));
  }
  return mat4x4<f32>(
    a_quad(batch, row, k),
    a_quad(batch, row, k + 1u),
    a_quad(batch, row, k + 2u),
    a_quad(batch, row, k + 3u),
  );
}

// One row of A at k .. k + 3.
fn a_terms(batch: u32, row: u32, k: u32) -> vec4<f32> {
  if (A_ALONG_K) {
    return a_quad(batch, row, k);
  }
  return vec4(a_at(batch, row, k), a_at(batch, row, k + 1u), a_at(batch, row, k + 2u), a_at(batch, row, k + 3u));
}

// Columns col .. col + 3 of B at one k.
fn b_columns(batch: u32, k: u32, col: u32) -> vec4<f32> {
  if (B_ALONG_K) {
    return vec4(b_at(batch, k, col), b_at(batch, k, col + 1u), b_at(batch, k, col + 2u), b_at(batch, k, col + 3u));
  }
  return b_quad(batch, k, col);
}

// The same at k .. k + 3, one column each.
fn b_block(batch: u32, k: u32, col: u32) -> mat4x4<f32> {
  if (B_ALONG_K) {
    return transpose(mat4x4<f32>(
      b_quad(batch, k, col),
      b_quad(batch, k, col + 1u),
      b_quad(batch, k, col + 2u),
      b_quad(batch, k, col + 3u),
    ));
  }
  return mat4x4<f32>(
    b_quad(batch, k, col),
    b_quad(batch, k + 1u, col),
    b_quad(batch, k + 2u, col),
    b_quad(batch, k + 3u, col),
  );
}
