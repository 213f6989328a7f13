// The index along one axis of y [outer, extent, inner], one element per thread; no workgroup memory.
//
// needs: store_y T, alias T, params { inner, extent }

fn iota_at(i: u32) {
  store_y(i, T(i / params.inner % params.extent));
}
