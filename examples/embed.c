/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A C program that tells joulebook what it is doing, and measures itself.
 *
 *     cc -O2 embed.c -o embed $(pkg-config --cflags --libs joulebook) -lpthread -lm
 *     ./embed 3                     a run of its own (after `sudo make install && sudo ldconfig`; see docs/python.md)
 *     joulebook run -- ./embed 3    the same, measured from outside
 *
 * It fits a line through points by gradient descent: each epoch has a phase "data", in which threads make points, and
 * steps of phases "forward", "backward" and "optimise".
 */
#include <joulebook/joulebook.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4
#define POINTS  200000
#define STEPS   20

struct share {
    double *x, *y;
    int from, to;
};

static void *make_points(void *context)
{
    const struct share *share = context;

    jb_region("make points"); /* spans belong to the thread that begins them */
    for (int i = share->from; i < share->to; i++) {
        share->x[i] = sin((double)i);
        share->y[i] = 3 * share->x[i] + 1 + 0.01 * cos(7.0 * i);
    }
    jb_end();
    return NULL;
}

static void make_data(double *x, double *y)
{
    pthread_t threads[THREADS];
    struct share shares[THREADS];
    int started = 0;

    for (int i = 0; i < THREADS; i++) {
        shares[i] = (struct share){x, y, i * (POINTS / THREADS), (i + 1) * (POINTS / THREADS)};
    }
    while (started < THREADS && pthread_create(&threads[started], NULL, make_points, &shares[started]) == 0) {
        started++;
    }
    for (int i = started; i < THREADS; i++) {
        make_points(&shares[i]);
    }
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void step(const double *x, const double *y, double *residual, double *slope, double *offset)
{
    double by_slope = 0, by_offset = 0;

    jb_phase("forward");
    for (int i = 0; i < POINTS; i++) {
        residual[i] = *slope * x[i] + *offset - y[i];
    }
    jb_end();

    jb_phase("backward");
    for (int i = 0; i < POINTS; i++) {
        by_slope += residual[i] * x[i] / POINTS;
        by_offset += residual[i] / POINTS;
    }
    jb_end();

    jb_phase("optimise");
    *slope -= by_slope;
    *offset -= by_offset;
    jb_end();
}

int main(int argc, char **argv)
{
    int epochs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 3;
    double *x = calloc(3 * POINTS, sizeof(*x)), slope = 0, offset = 0;
    char *record = NULL;

    if (x == NULL) {
        return 1;
    }
    double *y = x + POINTS, *residual = y + POINTS;

    /* Does nothing under `joulebook run`. Without joulebook there is a line on stderr, and the program goes on. */
    jb_run_start("embed");
    for (int e = 0; e < epochs; e++) {
        jb_epoch((unsigned)e);
        jb_phase("data");
        make_data(x, y);
        jb_end();
        for (int s = 0; s < STEPS; s++) {
            jb_step((unsigned)(e * STEPS + s));
            step(x, y, residual, &slope, &offset);
            jb_end();
        }
        jb_end();
    }
    jb_run_stop(&record);
    printf("y = %.3f x + %.3f\n", slope, offset);
    if (record != NULL) {
        fputs(record, stdout); /* JSON, as `joulebook show last --json` has it */
    }
    jb_free(record);
    free(x);
    return 0;
}
