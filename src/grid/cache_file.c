/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/cache.h"
