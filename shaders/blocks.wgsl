// Blocks of 4 x 4 sums in registers, as matrices whose column r holds the sums of row r: functions for products and
// convolutions.
//
// needs: nothing

// Adds the products of four rows of one factor and four columns of the other.
fn add_outer(block: mat4x4<f32>, rows: vec4<f32>, columns: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(columns, vec4(rows.x), block[0]),
    fma(columns, vec4(rows.y), block[1]),
    fma(columns, vec4(rows.z), block[2]),
    fma(columns, vec4(rows.w), block[3]),
  );
}

// The same for four terms, one column of each factor per term.
fn add_outers(block: mat4x4<f32>, rows: mat4x4<f32>, columns: mat4x4<f32>) -> mat4x4<f32> {
  let first = add_outer(add_outer(block, rows[0], columns[0]), rows[1], columns[1]);
  return add_outer(add_outer(first, rows[2], columns[2]), rows[3], columns[3]);
}
