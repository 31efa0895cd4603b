using System.Globalization;
using TokenLifecycle.Simulation;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return args is ["worker", ..] ? Worker.Run(args) : Campaign.Run(args);
