/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entsoe_areas.c - zones to the energy identification codes (EIC) of areas, and the codes of production types.
 *
 * EICs: those of the Transparency Platform's "List of areas"; the last character of each is a check digit, which the
 * test recomputes. Germany is the country, not the bidding zone that it shares with Luxembourg. IT-SO is the south
 * without Calabria, which has an area of its own since 2021. Great Britain has published nothing there since it left
 * the EU and is not in the table.
 *
 * Production types: psrType of the platform's code list (B01 to B25; B21 to B24 are of the network). "Other", "Other
 * renewable" and "Marine" are unknown; waste burns like biomass in the factors that are used here.
 */
#include "grid/providers/entsoe.h"

#include "base/cleanup.h"
#include "base/text.h"

static const struct {
    const char *zone, *area;
} areas[] = {
    {"AL", "10YAL-KESH-----5"},     {"AT", "10YAT-APG------L"},     {"BA", "10YBA-JPCC-----D"},
    {"BE", "10YBE----------2"},     {"BG", "10YCA-BULGARIA-R"},     {"CH", "10YCH-SWISSGRIDZ"},
    {"CY", "10YCY-1001A0003J"},     {"CZ", "10YCZ-CEPS-----N"},     {"DE", "10Y1001A1001A83F"},
    {"DK", "10Y1001A1001A65H"},     {"DK-DK1", "10YDK-1--------W"}, {"DK-DK2", "10YDK-2--------M"},
    {"EE", "10Y1001A1001A39I"},     {"ES", "10YES-REE------0"},     {"FI", "10YFI-1--------U"},
    {"FR", "10YFR-RTE------C"},     {"GB-NIR", "10Y1001A1001A016"}, {"GE", "10Y1001A1001B012"},
    {"GR", "10YGR-HTSO-----Y"},     {"HR", "10YHR-HEP------M"},     {"HU", "10YHU-MAVIR----U"},
    {"IE", "10YIE-1001A00010"},     {"IT", "10YIT-GRTN-----B"},     {"IT-CNO", "10Y1001A1001A70O"},
    {"IT-CSO", "10Y1001A1001A71M"}, {"IT-NO", "10Y1001A1001A73I"},  {"IT-SAR", "10Y1001A1001A74G"},
    {"IT-SIC", "10Y1001A1001A75E"}, {"IT-SO", "10Y1001A1001A788"},  {"LT", "10YLT-1001A0008Q"},
    {"LU", "10YLU-CEGEDEL-NQ"},     {"LV", "10YLV-1001A00074"},     {"MD", "10Y1001A1001A990"},
    {"ME", "10YCS-CG-TSO---S"},     {"MK", "10YMK-MEPSO----8"},     {"NL", "10YNL----------L"},
    {"NO", "10YNO-0--------C"},     {"NO-NO1", "10YNO-1--------2"}, {"NO-NO2", "10YNO-2--------T"},
    {"NO-NO3", "10YNO-3--------J"}, {"NO-NO4", "10YNO-4--------9"}, {"NO-NO5", "10Y1001A1001A48H"},
    {"PL", "10YPL-AREA-----S"},     {"PT", "10YPT-REN------W"},     {"RO", "10YRO-TEL------P"},
    {"RS", "10YCS-SERBIATSOV"},     {"SE", "10YSE-1--------K"},     {"SE-SE1", "10Y1001A1001A44P"},
    {"SE-SE2", "10Y1001A1001A45N"}, {"SE-SE3", "10Y1001A1001A46L"}, {"SE-SE4", "10Y1001A1001A47J"},
    {"SI", "10YSI-ELES-----O"},     {"SK", "10YSK-SEPS-----K"},     {"UA", "10Y1001C--00003F"},
    {"XK", "10Y1001C--00100H"},
};

const struct jb_mix_code jb_entsoe_codes[JB_ENTSOE_CODES] = {
    {"B01", JB_FUEL_BIOMASS},    /* biomass */
    {"B02", JB_FUEL_COAL},       /* lignite */
    {"B03", JB_FUEL_GAS},        /* gas made of coal: of coke ovens and blast furnaces */
    {"B04", JB_FUEL_GAS},        /* gas */
    {"B05", JB_FUEL_COAL},       /* hard coal */
    {"B06", JB_FUEL_OIL},        /* oil */
    {"B07", JB_FUEL_COAL},       /* oil shale: Estonia; burns like lignite */
    {"B08", JB_FUEL_COAL},       /* peat */
    {"B09", JB_FUEL_GEOTHERMAL}, /* geothermal */
    {"B10", JB_STORAGE},         /* pumped storage */
    {"B11", JB_FUEL_HYDRO},      /* run of river */
    {"B12", JB_FUEL_HYDRO},      /* reservoir */
    {"B13", JB_FUEL_UNKNOWN},    /* marine */
    {"B14", JB_FUEL_NUCLEAR},    /* nuclear */
    {"B15", JB_FUEL_UNKNOWN},    /* other renewable */
    {"B16", JB_FUEL_SOLAR},      /* solar */
    {"B17", JB_FUEL_BIOMASS},    /* waste */
    {"B18", JB_FUEL_WIND},       /* wind at sea */
    {"B19", JB_FUEL_WIND},       /* wind on land */
    {"B20", JB_FUEL_UNKNOWN},    /* other */
    {"B25", JB_STORAGE},         /* batteries */
    {"", JB_FUEL_UNKNOWN},
};

const char *jb_entsoe_area(const char *zone)
{
    for (size_t i = 0; i < JB_COUNT(areas); i++) {
        if (jb_streq(areas[i].zone, zone)) {
            return areas[i].area;
        }
    }
    return NULL;
}

const char *jb_entsoe_zone_name(size_t index)
{
    return index < JB_COUNT(areas) ? areas[index].zone : NULL;
}
