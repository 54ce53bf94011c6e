#!/usr/bin/env node
// Where the command lay until 0.1.0: units and scripts that name this path go on working.
import '../../soc/bin/soc.js';
