// What every page does with a script. All pages work without it.
import { copying } from "./copy.js";
import { keyboard } from "./keyboard.js";
import { live } from "./live.js";
import { switching } from "./switch.js";
import { ticking } from "./times.js";
import { delivering } from "./wallet.js";

copying();
keyboard();
switching();
ticking();
live();
delivering();
