/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile program's events: nothing is read or written that is not ours, and all sums hold. */
#include "../unit/attribution/work_random.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_work *work;
    const char *wrong;

    if (jb_work_create(UINT64_C(1000000000), &work) != 0) {
        return 0;
    }
    wrong = random_run(work, data, size);
    if (wrong != NULL) {
        fprintf(stderr, "%s\n", wrong);
        abort();
    }
    jb_work_destroy(work);
    return 0;
}
