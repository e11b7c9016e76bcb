/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook-sensors: opens the energy counters that an ordinary user may not, for joulebook, which starts it.
 *
 * See docs/security.md and joulebook-sensors(8). Takes no argument and reads no environment.
 */
#include "helper/serve.h"

#include <linux/magic.h>
#include <unistd.h>

int main(void)
{
    static const struct jb_helper_place place = {.root = "", .file_system = SYSFS_MAGIC};
    static const char why[] = "joulebook-sensors: is started by joulebook, with a socket; see joulebook-sensors(8)\n";
    int status = jb_helper_serve(&place);
    if (status == 2 && write(STDERR_FILENO, why, sizeof(why) - 1) < 0) {
        status = 1;
    }
    _exit(status);
}
