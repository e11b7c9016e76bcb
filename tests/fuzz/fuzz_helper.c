/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_helper.c - any packet as a request to the privileged helper: what is not refused names a file or a counter of
 * the list, and is byte for byte the text that its parts make.
 *
 * The helper is a program of its own and in no library of joulebook's, so its parser is compiled in.
 */
#include "helper/request.c"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_file(const struct jb_helper_request *request)
{
    check(strncmp(request->folder, "/sys/class/", 11) == 0);
    check(strchr(request->file, '/') == NULL && request->file[0] != '\0');
    check(strstr(request->folder, "..") == NULL && strstr(request->folder, "//") == NULL);
    if (request->kind == JB_HELPER_POWERCAP) {
        check(strncmp(request->folder, "/sys/class/powercap/intel-rapl", 30) == 0);
        check(strcmp(request->file, "energy_uj") == 0);
        check(strspn(request->folder + 30, "-mio:0123456789") == strlen(request->folder + 30));
    } else {
        check(strncmp(request->folder, "/sys/class/hwmon/hwmon", 22) == 0);
        check(strspn(request->folder + 22, "0123456789") == strlen(request->folder + 22));
        check(strncmp(request->file, "energy", 6) == 0 && strstr(request->file, "_input") != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_helper_request request;
    char again[128];
    char *packet = malloc(size > 0 ? size : 1); /* of its own size, so that reading beyond it is seen */
    if (packet == NULL) {
        return 0;
    }
    memcpy(packet, data, size);
    int error = jb_helper_parse(packet, size, &request);
    check(error == 0 || error == -EACCES);
    if (error == 0) {
        if (request.kind == JB_HELPER_PERF) {
            check(request.config >= 1 && request.config <= 5 && request.type <= INT32_MAX);
            snprintf(again, sizeof(again), "perf:%u:%u:%u", request.type, request.config, request.cpu);
        } else {
            check_file(&request);
            snprintf(again, sizeof(again), "%s/%s", request.folder, request.file);
        }
        check(strlen(again) == size && memcmp(again, packet, size) == 0);
    }
    free(packet);
    return 0;
}
