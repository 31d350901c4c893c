// expect: lr_range_test: Loader must give batches (LoaderLike), as DataLoader does
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/lr_range_test.hpp>

void compose(hearth::models::MLP& model, hearth::optim::SGD& optimizer, hearth::TensorDataset dataset) {
#ifdef HEARTH_MISUSE
  hearth::lr_range_test(model, optimizer, dataset);
#else
  hearth::DataLoader loader{dataset};
  hearth::lr_range_test(model, optimizer, loader);
#endif
}
