/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program as somebody else wrote it, for test_itt.py: OpenMP for its own loops, oneDNN for a convolution and a matrix
 * product, and no word of joulebook. Prints a checksum, so that a test can see that the probe changes nothing.
 *
 * usage: onednn_app STEPS
 */
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>

enum { IMAGES = 4, CHANNELS = 16, FILTERS = 32, SIDE = 32, KERNEL = 3, WIDTH = 128 };

static void check(dnnl_status_t status)
{
    if (status != dnnl_success) {
        fprintf(stderr, "onednn_app: oneDNN answers %d\n", (int)status);
        exit(1);
    }
}

static dnnl_memory_t memory(dnnl_engine_t engine, int count, const dnnl_dim_t *sizes, dnnl_format_tag_t tag,
                            float *data)
{
    dnnl_memory_desc_t desc;
    dnnl_memory_t made;
    check(dnnl_memory_desc_init_by_tag(&desc, count, sizes, dnnl_f32, tag));
    check(dnnl_memory_create(&made, &desc, engine, data));
    return made;
}

static float *numbers(size_t count)
{
    float *data = malloc(count * sizeof(*data));
    if (!data) {
        exit(1);
    }
#pragma omp parallel for
    for (size_t i = 0; i < count; i++) {
        data[i] = (float)((i * 2654435761u) % 1000) / 1000.0f;
    }
    return data;
}

static dnnl_primitive_t finish(dnnl_engine_t engine, const_dnnl_op_desc_t desc)
{
    dnnl_primitive_desc_t plan;
    dnnl_primitive_t made;
    check(dnnl_primitive_desc_create(&plan, desc, NULL, engine, NULL));
    check(dnnl_primitive_create(&made, plan));
    check(dnnl_primitive_desc_destroy(plan));
    return made;
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    check(dnnl_engine_create(&engine, dnnl_cpu, 0));
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));

    const dnnl_dim_t source[] = {IMAGES, CHANNELS, SIDE, SIDE};
    const dnnl_dim_t weights[] = {FILTERS, CHANNELS, KERNEL, KERNEL};
    const dnnl_dim_t result[] = {IMAGES, FILTERS, SIDE, SIDE};
    const dnnl_dims_t ones = {1, 1};
    float *image = numbers((size_t)IMAGES * CHANNELS * SIDE * SIDE);
    float *filter = numbers((size_t)FILTERS * CHANNELS * KERNEL * KERNEL);
    float *features = numbers((size_t)IMAGES * FILTERS * SIDE * SIDE);
    dnnl_memory_t in = memory(engine, 4, source, dnnl_nchw, image);
    dnnl_memory_t w = memory(engine, 4, weights, dnnl_oihw, filter);
    dnnl_memory_t out = memory(engine, 4, result, dnnl_nchw, features);
    const dnnl_memory_desc_t *in_desc;
    const dnnl_memory_desc_t *w_desc;
    const dnnl_memory_desc_t *out_desc;
    check(dnnl_memory_get_memory_desc(in, &in_desc));
    check(dnnl_memory_get_memory_desc(w, &w_desc));
    check(dnnl_memory_get_memory_desc(out, &out_desc));
    dnnl_convolution_desc_t convolution;
    check(dnnl_convolution_forward_desc_init(&convolution, dnnl_forward_inference, dnnl_convolution_direct, in_desc,
                                             w_desc, NULL, out_desc, ones, ones, ones));
    dnnl_primitive_t convolve = finish(engine, &convolution);

    const dnnl_dim_t square[] = {WIDTH, WIDTH};
    float *a_data = numbers((size_t)WIDTH * WIDTH);
    float *b_data = numbers((size_t)WIDTH * WIDTH);
    float *c_data = numbers((size_t)WIDTH * WIDTH);
    dnnl_memory_t a = memory(engine, 2, square, dnnl_ab, a_data);
    dnnl_memory_t b = memory(engine, 2, square, dnnl_ab, b_data);
    dnnl_memory_t c = memory(engine, 2, square, dnnl_ab, c_data);
    const dnnl_memory_desc_t *square_desc;
    check(dnnl_memory_get_memory_desc(a, &square_desc));
    dnnl_matmul_desc_t product;
    check(dnnl_matmul_desc_init(&product, square_desc, square_desc, NULL, square_desc));
    dnnl_primitive_t multiply = finish(engine, &product);

    for (int i = 0; i < steps; i++) {
        const dnnl_exec_arg_t of_convolution[] = {{DNNL_ARG_SRC, in}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, out}};
        const dnnl_exec_arg_t of_product[] = {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
        check(dnnl_primitive_execute(convolve, stream, 3, of_convolution));
        check(dnnl_primitive_execute(multiply, stream, 3, of_product));
        check(dnnl_stream_wait(stream));
    }
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (int i = 0; i < WIDTH * WIDTH; i++) {
        sum += (double)c_data[i];
    }
    printf("%d threads, %d steps, %.3f %.3f\n", omp_get_max_threads(), steps, sum, (double)features[7]);
    return 0;
}
