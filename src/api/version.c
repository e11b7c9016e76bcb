/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version of the interface that this library was built for.
 */
#include "joulebook/joulebook.h"

__attribute__((visibility("default"))) int jb_api_version(void)
{
    return JB_API_VERSION;
}
