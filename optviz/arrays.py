"""The type of what is computed with: arrays of double precision."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Number = float | Array
