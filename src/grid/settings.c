/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/settings.h"

#include <math.h>

int jb_grid_settings_load(const struct jb_conf *conf, const char *root, struct jb_grid_settings *ret,
                          struct jb_diag *diag)
{
    *ret = (struct jb_grid_settings){.latitude = NAN, .longitude = NAN};
    return 0;
}

bool jb_grid_has_key(const struct jb_grid_settings *settings, const struct jb_provider *provider)
{
    return provider->needs == NULL;
}
