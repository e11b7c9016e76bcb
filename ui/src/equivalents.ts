// SPDX-License-Identifier: Apache-2.0
// What an amount of greenhouse gas is like. Source of both figures: US EPA, Greenhouse Gas Equivalencies Calculator,
// Calculations and References (2024),
// https://www.epa.gov/energy/greenhouse-gas-equivalencies-calculator-calculations-and-references:
// 3.93e-4 t CO2e per mile of an average petrol car; 0.060 t CO2 per tree seedling grown for 10 years.
const GRAMS_PER_KM = 393 / 1.609344;
const GRAMS_PER_TREE_MONTH = 60_000 / 120;

export interface Equivalents {
    car_km: number;
    tree_months: number;
}

export function equivalents(grams: number): Equivalents {
    return { car_km: grams / GRAMS_PER_KM, tree_months: grams / GRAMS_PER_TREE_MONTH };
}
