/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/providers/mix.h"
