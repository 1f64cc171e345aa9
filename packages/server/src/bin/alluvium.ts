// The `alluvium` program: reads the command line and loads what the command needs.
import { main } from '../main.js';

process.exitCode = await main(process.argv.slice(2));
