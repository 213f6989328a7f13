// Padding around and between the elements of x, one output element per thread, as bits; no workgroup memory.
//
// Axis a of the output is axes[a] = (elements per step along it, low, step between elements of x, extent of x); every
// other element is `value`.
//
// needs: load_x u32, store_y u32, params { rank, value, axes: vec4s }

fn pad_at(i: u32) {
  var rest = i;
  var source = 0u;
  var inside = true;
  for (var axis = 0u; axis < params.rank; axis++) {
    let at = params.axes[axis];
    let coordinate = rest / at.x;
    rest -= coordinate * at.x;
    // Below `low` the difference wraps to a huge u32 value.
    let past = coordinate - at.y;
    let element = past / at.z;
    inside = inside && coordinate >= at.y && element < at.w && past - element * at.z == 0u;
    source = source * at.w + element;
  }
  if (inside) {
    store_y(i, load_x(source));
  } else {
    store_y(i, params.value);
  }
}
