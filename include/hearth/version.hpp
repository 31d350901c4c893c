/// The version of hearth. The build reads it from here, so it stands in one place.
#pragma once

#define HEARTH_VERSION "0.1.0"
