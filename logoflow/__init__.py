"""logoflow: tell the brand in a photo by its logo, with Apache MXNet Gluon.

``import logoflow as lf`` gives the names that notebooks use. ``__init__.pyi`` lists them, and the
module that holds a name is imported when the name is first used. Everything else is imported from
its room, for example ``from logoflow.loading.crops import LogoCropAug``.
"""

import lazy_loader

from logoflow.utils.cuda_libraries import load_cuda_libraries
from logoflow.utils.mxnet_compat import (
    hide_from_mxnet,
    prepare_for_mxnet,
    restore_numpy_names,
    start_workers_by_fork,
)
from logoflow.utils.threads import one_core_per_fork, use_all_cores

use_all_cores()
one_core_per_fork()
prepare_for_mxnet(restore_numpy_names, hide_from_mxnet, start_workers_by_fork, load_cuda_libraries)

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
