/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the interfaces that this library was built for: joulebook.h, and what the Python package uses.
 */
#include "api/api.h"
#include "api/private.h"
#include "joulebook/joulebook.h"

API_EXPORT int jb_api_version(void)
{
    return JB_API_VERSION;
}

API_EXPORT int jb_private_version(void)
{
    return JB_PRIVATE_VERSION;
}
