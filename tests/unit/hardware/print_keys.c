/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints "key<TAB>vendor" for each line of standard input, as tools/match_names.py does, so that compare_keys.py can
 * set the two side by side. `print_keys cpu` or `print_keys gpu`.
 */
#include "hardware/hardware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        return 2;
    }
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) >= 0) {
        char key[512], vendor[32];
        line[strcspn(line, "\n")] = '\0';
        (strcmp(argv[1], "cpu") == 0 ? jb_cpu_key : jb_gpu_key)(line, key, sizeof key, vendor, sizeof vendor);
        printf("%s\t%s\n", key, vendor);
    }
    free(line);
    return 0;
}
