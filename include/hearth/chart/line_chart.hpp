/// Curves, such as a training's loss and accuracy over its epochs, drawn as an image that is read at a glance.
#pragma once

#include <span>

#include <hearth/chart/series.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// Draws the diagrams side by side on white: title, legend, grid, numbers and labels, and the curves, with a mark at
/// each point while there are few. An axis reaches over all finite values of its diagram; x has whole numbers alone
/// when all its values are whole, as epochs are; a logarithmic one (Axes::log_x) has powers of ten. A curve's colour
/// and mark follow from its name: "val" looks the same in every diagram. Where diagrams have the same curves and their
/// names would take more than two rows in each, one legend stands below them all. Texts, lines and marks grow with the
/// image. Throws Error when there is no diagram, when one has less than 200 x 150 pixels, or when a curve's x and y
/// differ in length.
Image draw_charts(std::span<const Axes> panels, image::Size size = {480, 1200});

}  // namespace hearth::chart

#ifndef HEARTH_COMPILED
#include <hearth/chart/line_chart.ipp>
#endif
