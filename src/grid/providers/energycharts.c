/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/provider.h"
#include "grid/providers/providers.h"

const struct jb_provider jb_provider_energycharts = {.name = "energycharts"};
