/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/provider.h"

#include <errno.h>

int jb_refusal(const struct jb_provider *provider, int status, const char *body, size_t length, struct jb_diag *diag)
{
    return jb_fail(diag, -EIO, "%s answers %d", provider->name, status);
}
