/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_point_file.c - any text as a CSV file of intensities or prices: points that can be, in order, or an error that
 * says where. The first byte says which of the two.
 */
#include "grid/providers/point_file.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    bool prices = (data[0] & 1) != 0;
    char *text = malloc(size);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    struct jb_point_file file = {0};
    struct jb_diag diag = {0};
    int r = jb_point_file_parse(text, "f", prices ? JB_FILE_PRICES : JB_FILE_INTENSITIES, &file, &diag);
    check(r == 0 || (r < 0 && diag.text[0] != '\0' && file.points == NULL));
    struct jb_track track = {0};
    for (size_t i = 0; i < file.count; i++) {
        const struct jb_point *point = &file.points[i];
        check(point->start_ns < point->end_ns && isfinite(point->g_per_kwh) && (prices || point->g_per_kwh >= 0));
        check(point->rel_error >= 0 && isfinite(point->rel_error) && point->provider == NULL);
        check(i == 0 || file.points[i - 1].end_ns <= point->start_ns);
        check(jb_track_put(&track, point) == 0);
    }
    check(track.count == file.count);
    jb_track_finish(&track);
    jb_point_file_finish(&file);
    free(text);
    return 0;
}
