/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_ids.h - numbers of the calls that begin work on a GPU, and of those that wait for it.
 *
 * From cupti_runtime_cbid.h and cupti_driver_cbid.h of CUPTI 12.9 and 13.5; numbers are never given to another call.
 * Records of these calls are what external correlation ids are told with; records of all others would cost the program
 * and tell nothing.
 */
#ifndef JB_PROBE_CUPTI_IDS_H
#define JB_PROBE_CUPTI_IDS_H

#include <stdint.h>

/* cudaMemcpy... and cudaMemset..., synchronous and not; cudaLaunch, -Kernel, -CooperativeKernel, -KernelExC,
 * cudaGraphLaunch; each with its form for per-thread default streams. */
static const uint16_t cupti_runtime_work[] = {
    13,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  49,  50,
    51,  52,  142, 143, 144, 145, 160, 161, 162, 163, 211, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222,
    223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 243, 244, 245, 246, 249, 250, 269,
    270, 272, 311, 312, 430, 431, 482, 483, 484, 485, 505, 506, 509, 510, 511, 512, 554, 555, 556, 557,
};
/* cuLaunchKernel, -Ex, -CooperativeKernel, cuGraphLaunch, cuMemcpy... and cuMemset... of the versions in use. */
static const uint16_t cupti_driver_work[] = {
    115, 116, 117, 216, 218, 220, 222, 224, 226, 249, 250, 251, 252, 253, 254, 276, 277, 278, 279, 280,
    281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 305, 306, 307, 318, 319, 320, 321,
    397, 398, 399, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416,
    418, 419, 420, 421, 422, 423, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 477, 478, 480,
    514, 515, 652, 653, 776, 777, 778, 779, 796, 797, 798, 799, 837, 838, 839, 840,
};
/* cudaMemcpy, cudaStreamSynchronize, cudaEventSynchronize, cudaDeviceSynchronize. */
static const uint16_t cupti_runtime_waits[] = {31, 131, 137, 165, 215, 239};
/* cuCtxSynchronize, cuEventSynchronize, cuStreamSynchronize. */
static const uint16_t cupti_driver_waits[] = {17, 121, 126, 440, 800};
/* The commonest of the first two: the end of a burst waits for any of them. */
static const uint16_t cupti_runtime_common[] = {41, 211, 214, 225, 311, 312, 430, 431};
static const uint16_t cupti_driver_common[] = {277, 279, 307, 442, 514, 515, 652, 653};

#define CUPTI_COUNT(ids) (sizeof(ids) / sizeof((ids)[0]))

#endif
