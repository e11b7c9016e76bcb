/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_hsmp.c - whatever answers of the management port of EPYC, and whatever contents of its energy registers.
 */
#include "fuzz_tree.h"

#define CPU(name) "/sys/devices/system/cpu/" name

static const char *const files[] = {
    "/hsmp/socket0/03",
    "/hsmp/socket0/04",
    "/hsmp/socket0/30",
    "/hsmp/socket0/32",
    "/hsmp/socket0/17-80",
    "/hsmp/socket0/17-8b",
    "/hsmp/socket1/04",
    "/hsmp/socket1/17-80",
    CPU("online"),
    CPU("cpu0/topology/physical_package_id"),
    CPU("cpu0/topology/die_id"),
    CPU("cpu1/topology/physical_package_id"),
    "/dev/cpu/0/msr/c0010299",
    "/dev/cpu/0/msr/c001029b",
    "/dev/cpu/1/msr_safe/c0010299",
    "/dev/cpu/1/msr_safe/c001029b",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine genoa = {
        .cpu = {.name = "AMD EPYC 9354P", .vendor = "AMD", .family = 0x19, .model_number = 0x11, .sockets = 1}};
    static const struct jb_machine turin = {.dimms = 2,
                                            .cpu = {.name = "AMD EPYC 9965",
                                                    .vendor = "AMD",
                                                    .family = 0x1a,
                                                    .sockets = 2,
                                                    .package_of = {0, 1},
                                                    .tdp_w = 500}};
    if (size == 0 || size > 8192) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    fuzz_driver(jb_sensor_find(data[0] & 1 ? "rapl-msr" : "hsmp"), data[0] & 2 ? &turin : &genoa);
    return 0;
}
