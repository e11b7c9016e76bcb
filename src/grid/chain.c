/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/chain.h"

void jb_steps_add(struct jb_steps *steps, const char *format, ...)
{
}

void jb_chain_make(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                   struct jb_chain *ret, struct jb_steps *ret_steps)
{
    *ret = (struct jb_chain){0};
}

void jb_chain_ask(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                  const struct jb_provider *provider, struct jb_ask *ret)
{
    *ret = (struct jb_ask){0};
}
