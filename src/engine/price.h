/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price.h - from joules to grams: emissions = energy of the basis x intensity x PUE, with the uncertainties of energy
 * and intensity in quadrature (they are independent).
 */
#ifndef JB_ENGINE_PRICE_H
#define JB_ENGINE_PRICE_H

#include "store/record.h"

/* Set emissions_g and emissions_uncertainty_g from the totals, the segments and the PUE. A record without an intensity
 * is left unpriced (NAN). Also for records that were lost before their end. */
void jb_price(struct jb_record *record);

#endif
