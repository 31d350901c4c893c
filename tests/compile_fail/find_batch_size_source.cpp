// expect: find_batch_size: the second argument must be a dataset (DatasetLike), a loader (LoaderLike), or
// make_batch(size) -> Batch
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/train/batch_size_finder.hpp>

void compose(hearth::models::MLP& model, const hearth::TensorDataset& dataset) {
#ifdef HEARTH_MISUSE
  hearth::find_batch_size(model, dataset.inputs());
#else
  hearth::find_batch_size(model, dataset);
#endif
}
