/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and judging the grid; its contract is tcptraceroute/grid.h. */
#ifndef TTR_CORE_GRID_H
#define TTR_CORE_GRID_H

#include <stdbool.h>

#include "tcptraceroute/grid.h"
#include "tcptraceroute/settings.h"

/* 0 or -ENOMEM. All cells idle, all ports without a result. */
int ttr_grid_init(struct ttr_grid *grid, const struct ttr_settings *settings);
void ttr_grid_fini(struct ttr_grid *grid);

size_t ttr_grid_cell_count(const struct ttr_grid *grid);

/* Position of a cell in grid->cells, and back. */
uint32_t ttr_grid_index(const struct ttr_grid *grid, size_t port, unsigned int ttl,
			unsigned int query);
void ttr_grid_position(const struct ttr_grid *grid, uint32_t index, size_t *port, uint8_t *ttl,
		       uint16_t *query);

/* True if every cell of the row was answered or given up. */
bool ttr_grid_row_settled(const struct ttr_grid *grid, size_t port, unsigned int ttl);

/* Keeps what one answer showed with its cell, or marks the cell when there is no room for it. */
void ttr_grid_keep_changes(struct ttr_grid *grid, struct ttr_cell *cell,
			   const struct ttr_changes *changes);
void ttr_grid_keep_extensions(struct ttr_grid *grid, struct ttr_cell *cell,
			      const struct ttr_extensions *extensions);

/* Derives the port's result from its cells, for the rows up to the last one. */
void ttr_grid_conclude(struct ttr_grid *grid, size_t port, const struct ttr_addr *target);

#endif
